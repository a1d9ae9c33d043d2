import type { Ready } from './messages.js';

/**
 * Makes this process the child that a `Child` of the parent talks to: says that it is ready, answers questions, and
 * ends with the parent, however the parent ends.
 */
export function answerParent<A extends object>(
  ready: Ready,
  answers: { readonly [K in keyof A]: () => A[K] },
): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (question) => {
    const answer = answers[question as keyof A];
    process.send?.({ answer: answer() });
  });
  process.send?.(ready);
}
