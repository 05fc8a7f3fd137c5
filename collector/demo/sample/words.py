"""Words for the sample workspace: people, rooms and things to say. All invented."""

FIRST_NAMES = """
Ada Alba Amir Anouk Arjun Asta Bo Bruno Carla Chidi Dario Dilan Edda Elif Emil Enzo Fara Femi Finn Freya Gita
Hana Henrik Ines Ivo Jamal Jana Joon Kaia Karim Lars Leila Lino Luz Maja Marek Mei Milo Nadia Nils Noor Olga
Pablo Petra Quinn Rafa Rosa Samir Sina Tariq Tessa Ugo Vera Wanda Yara Yuki Zeno Zora
""".split()
LAST_NAMES = """
Abara Adler Amato Bauer Becker Berg Bianchi Blum Castro Cohen Dahl Diaz Dubois Eriksen Fabre Farkas Ferrari
Fischer Garcia Haas Hansen Hoang Ito Jansen Kaya Keller Khan Klein Kovac Lang Larsen Lopez Maas Meyer Moreau
Mori Nagy Novak Okafor Olsen Park Pereira Popov Reyes Ricci Rossi Roth Santos Sato Silva Simon Sousa Tanaka
Toth Vidal Vogel Wagner Weber Wolf Yilmaz
""".split()
TOPICS = """
announcements backend billing books builds coffee customers data design docs events finance frontend garden
hiring incidents infra kitchen labs legal lunch marketing mobile music network office onboarding ops partners
photos planning press product quality random releases research sales security social sport support tools
travel website welcome
""".split()
SENTENCES = (
    "Good morning!",
    "The build is green again.",
    "Can somebody look at the ticket from yesterday?",
    "Lunch at half past twelve?",
    "I have put the minutes into the folder.",
    "The new release is out, please tell me if something looks odd.",
    "Thanks, that was it.",
    "Who has the key to the small meeting room?",
    "Deploying in ten minutes.",
    "Let us move this to a thread.",
    "The customer is happy, well done everybody.",
    "See you tomorrow.",
)
LANGUAGES = ("en", "en", "en", "de", "de", "pt-BR", "es", "fr", "")
DEPARTMENTS = ("Sales", "Support", "Billing", "Returns", "Technicians", "Press", "North", "South")
FILES = (
    ("image/png", "image", "png"),
    ("image/jpeg", "image", "jpg"),
    ("application/pdf", "application", "pdf"),
    ("text/plain", "text", "txt"),
    ("video/mp4", "video", "mp4"),
    ("audio/mpeg", "audio", "mp3"),
)
EMOJIS = (":thumbsup:", ":tada:", ":heart:", ":eyes:", ":coffee:")
PHRASES = ("In a meeting", "Back at two", "On the train", "Working from home", "On leave until Monday")
