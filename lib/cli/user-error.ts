/** Something that the user can put right: one line on stderr, exit code 2, no stack trace. */
export class UserError extends Error {}
