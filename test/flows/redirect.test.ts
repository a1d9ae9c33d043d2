import { redirectFlows } from './redirect.js';
import { specify } from './specify.js';

specify(redirectFlows);
