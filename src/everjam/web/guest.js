/**
 * To be imported before anything else by pages that are guests in another one: they leave nothing in the browser, and
 * their address stays as it is, so that a reload shows the same again.
 * @module guest
 */
import { keepNothing } from "./storage.js";

keepNothing();
