/**
 * The word by which some endpoints say that a token is dead, with status 403: as plain text, or as the error of an object
 * (hazard 12; wire contract, first-party, 7.1).
 */
const deadToken = /^\s*(?:\{\s*"error"\s*:\s*"Bad_OAuth_Token"|Bad_OAuth_Token\s*$)/;
const longestWord = 100;
const kinds = /^(?:text\/plain|application\/json|$)/;

/** The beginning of an answer, which stays unread; empty when it breaks off or takes longer than `patience` (milliseconds). */
async function beginningOf(response: Response, patience: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response
    .clone()
    .body?.getReader();
  const leave = (): void => {
    // It ends when the other copy of the body does, so this is not waited for.
    reader?.cancel().catch(() => undefined);
  };
  const timer = setTimeout(() => {
    text = '';
    leave();
  }, patience);
  try {
    while (reader !== undefined && text.length < longestWord) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    return text;
  } catch {
    // Whoever reads the answer sees for themselves.
    return '';
  } finally {
    clearTimeout(timer);
    leave();
  }
}

/**
 * Whether an answer says that its token is dead. Its body stays to be read.
 *
 * @param patience milliseconds that the beginning of the body gets.
 */
export async function saysDeadToken(response: Response, patience: number): Promise<boolean> {
  if (response.status === 401) return true;
  const isWord = kinds.test(response.headers.get('content-type') ?? '');
  const isShort = Number(response.headers.get('content-length') ?? 0) < longestWord;
  if (response.status !== 403 || !isWord || !isShort) return false;
  return deadToken.test(await beginningOf(response, patience));
}
