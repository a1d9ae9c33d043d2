/** The ways a one-time code can travel. */
export type Channel = 'email' | 'sms';

/** The flows that send one-time codes. */
export type Purpose = 'registration' | 'passwordless' | 'forgotPassword';

/** A message the site has sent. */
export interface Message {
  readonly to: string;
  readonly channel: Channel;
  readonly code: string;
  readonly purpose: Purpose;
  /** Milliseconds since the epoch, by the emulator's clock. */
  readonly at: number;
  /** What the init call answered; absent where the flow has none. */
  readonly identifier?: string;
  readonly username: string;
  readonly templateId?: string;
}

/** The mailbox of everybody. */
export class Outbox {
  private readonly messages: Message[] = [];

  add(message: Message): void {
    this.messages.unshift(message);
  }

  /** Newest first; with `to`, only what went to that address or phone, case ignored. */
  list(to?: string): Message[] {
    const wanted = to?.toLowerCase();
    return this.messages.filter(
      (message) => wanted === undefined || message.to.toLowerCase() === wanted,
    );
  }

  clear(): void {
    this.messages.length = 0;
  }
}
