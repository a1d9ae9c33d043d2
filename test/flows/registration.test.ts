import { registrationFlows } from './registration.js';
import { specify } from './specify.js';

specify(registrationFlows);
