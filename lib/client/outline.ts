/**
 * What is safe to tell of an error of the app's own function. Its words might repeat a key or a secret, and its members
 * might be the whole request that failed.
 */
export function outline(error: unknown): object | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  const status: unknown = Reflect.get(error, 'status');
  return {
    name: error.name,
    ...(typeof code === 'string' && { code }),
    ...(typeof status === 'number' && { status }),
  };
}
