/** What every child process says once, when it is ready to be asked. */
export interface Ready {
  readonly url: string;
}

/** What the emulator's process answers to each question. */
export interface EmulatorAnswers {
  /** Requests received since the start, per method and path. */
  readonly requests: Readonly<Record<string, number>>;
  /** Record id of the user who logs in. */
  readonly userId: string;
}

/** What the app's process answers to each question. */
export interface AppAnswers {
  /** Microseconds of CPU, user and system, all threads, since the start. */
  readonly cpu: number;
}

/** What the process of the app with tokens answers to each question. */
export interface TokensAppAnswers extends AppAnswers {
  /** Bytes by which heap and process grow when there are 10,000 sessions more like the one there is. */
  readonly growth: { readonly heap: number; readonly rss: number };
}
