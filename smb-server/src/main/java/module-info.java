/** SMB 3.1.1 over TCP and SMB Direct. */
@org.jspecify.annotations.NullMarked
module dev.penstock.smb {
    requires static transitive org.jspecify;
    requires transitive dev.penstock.transport;
    requires dev.penstock.cache;
    requires org.slf4j;
}
