import { startEmulator } from 'sf-headless-emulator';
import { answerParent } from './child-answers.js';
import type { EmulatorAnswers } from './messages.js';
import { customer } from './org.js';

/** The process that stands in for Salesforce. */
const emulator = await startEmulator();

answerParent<EmulatorAnswers>(emulator, {
  requests: () => {
    emulator.clearLog();
    return emulator.state().counters;
  },
  userId: () => emulator.state().users[customer.username]?.userId ?? '',
});
