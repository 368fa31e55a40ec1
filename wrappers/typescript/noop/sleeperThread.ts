import { sleepOnMessages } from "./sleeper.js";

sleepOnMessages();
