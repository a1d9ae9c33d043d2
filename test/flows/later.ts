/** Does something as if it were later, for the app and for Salesforce. */
export async function later<T>(seconds: number, doing: () => Promise<T>): Promise<T> {
  const now = Date.now;
  Date.now = () => now() + seconds * 1000;
  try {
    return await doing();
  } finally {
    Date.now = now;
  }
}
