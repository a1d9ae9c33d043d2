import { oneTimeCodeFlows } from './one-time-code.js';
import { specify } from './specify.js';

specify(oneTimeCodeFlows);
