/** Status codes of [MS-ERREF]. Values: any thread. */
package dev.penstock.smb.wire.erref;
