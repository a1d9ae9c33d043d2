import { forgotPasswordFlows } from './forgot-password.js';
import { specify } from './specify.js';

specify(forgotPasswordFlows);
