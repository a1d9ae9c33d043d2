import type { FaultKind, FaultRule } from '../world/faults.js';
import { loginStub } from '../pages/stub.js';
import { html, json, redirect, text, typed, type Answer } from './answer.js';

/** How a spoiled answer leaves, if at all. */
export type Delivery = 'whole' | 'slow' | 'half' | 'never' | 'reset';

interface Kind {
  readonly delivery: Delivery;
  /** The kind's own answer; `actual` is what the endpoint said when it was let act. */
  answer(actual: Answer | undefined): Answer;
}

const megabyte = 1_048_576;

/** What is cut or dripped when the endpoint was not asked. */
function stand(actual: Answer | undefined): Answer {
  return actual ?? json({ fault: 'an answer that does not come through whole' });
}

const kinds: Readonly<Record<FaultKind, Kind>> = {
  hang: { delivery: 'never', answer: stand },
  reset: { delivery: 'reset', answer: stand },
  slow: { delivery: 'slow', answer: stand },
  truncate: { delivery: 'half', answer: stand },
  html: { delivery: 'whole', answer: () => html(loginStub('/login')) },
  empty: { delivery: 'whole', answer: () => text('') },
  big: {
    delivery: 'whole',
    answer: () => json({ padding: 'x'.repeat(10 * megabyte - '{"padding":""}'.length) }),
  },
  redirect: {
    delivery: 'whole',
    answer: () => redirect('https://login.invalid/?code=aPrxFromAnotherHost'),
  },
  status: { delivery: 'whole', answer: () => text('Internal Server Error', 500) },
};

/** The spoiled answer of a rule and the way it leaves. `actual` is the endpoint's, when it acted. */
export function spoiled(
  rule: FaultRule & { readonly fault: FaultKind },
  actual: Answer | undefined,
): { answer: Answer; delivery: Delivery } {
  const kind = kinds[rule.fault];
  const own = kind.answer(actual);
  const replaced = withBody(own, rule.body);
  return {
    delivery: kind.delivery,
    answer: {
      status: rule.status ?? own.status,
      headers: { ...own.headers, ...replaced.headers, ...rule.headers },
      body: replaced.body,
      reason: `fault ${rule.fault}`,
    },
  };
}

function withBody(own: Answer, body: FaultRule['body']): Answer {
  if (body === undefined) return own;
  if (typeof body === 'object') return json(body);
  return typed(own.headers['Content-Type'] ?? 'text/plain;charset=UTF-8', body, own.status);
}
