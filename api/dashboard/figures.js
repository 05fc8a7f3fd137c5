// Owns the figures that the page names: one name a figure, wherever it stands.

import { bytes, count, decimal } from "./formats.js";

/** Names by key path. */
export const NAMES = {
  totalUsers: "Accounts",
  activeUsers: "Enabled accounts",
  onlineUsers: "Online now",
  totalRooms: "Rooms",
  totalMessages: "Messages",
  uploadsTotal: "Uploads",
  uploadsTotalSize: "Upload size",
  "uniqueUsersOfYesterday.data.0.count": "Daily active users",
  "uniqueUsersOfLastWeek.data.0.count": "Weekly active users",
  "uniqueUsersOfLastMonth.data.0.count": "Monthly active users",
};

const BYTES = /(Size|freemem|totalmem|bytes)$/i;

/** How a figure is written. */
export const formatOf = (path) => (BYTES.test(path) ? bytes : path.startsWith("os.loadavg") ? decimal : count);
