package dev.penstock.smb.command;

/**
 * Who is at the other end of a session, after authentication.
 *
 * @param name the account's name as it is written in the users file
 */
public record User(String name) {}
