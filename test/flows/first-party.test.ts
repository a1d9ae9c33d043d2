import { firstPartyFlows } from './first-party.js';
import { specify } from './specify.js';

specify(firstPartyFlows);
