/** Tries a check until it holds, for a second: what follows an answer is not part of it, but is soon done. */
export async function soon(check: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + 1_000; ;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
