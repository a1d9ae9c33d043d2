/** What Google's reCAPTCHA Enterprise assesses (wire contract, one-time codes, section 6). */
export interface RecaptchaEvent {
  readonly token: string;
  readonly siteKey: string;
  readonly expectedAction: string;
  readonly projectId: string;
}

/** Proof that a person asks: a v2 or v3 token, or an Enterprise event; never both. */
export interface Recaptcha {
  readonly recaptcha?: string | undefined;
  readonly recaptchaEvent?: RecaptchaEvent | undefined;
}

/** The members of a JSON body that carry the proof. */
export function recaptchaMembers({ recaptcha, recaptchaEvent }: Recaptcha): {
  recaptcha: string | undefined;
  recaptchaevent: RecaptchaEvent | undefined;
} {
  return { recaptcha, recaptchaevent: recaptchaEvent };
}

/** What of the proof must not be repeated. */
export function recaptchaSecrets({ recaptcha, recaptchaEvent }: Recaptcha): string[] {
  return [recaptcha, recaptchaEvent?.token].filter((secret) => secret !== undefined);
}

/** Whether there is any proof. */
export function hasRecaptcha({ recaptcha, recaptchaEvent }: Recaptcha): boolean {
  return recaptcha !== undefined || recaptchaEvent !== undefined;
}
