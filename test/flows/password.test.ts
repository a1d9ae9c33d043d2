import { passwordFlows } from './password.js';
import { specify } from './specify.js';

specify(passwordFlows);
