import { pageFlows } from './page.js';
import { specify } from './specify.js';

specify(pageFlows);
