/** SMB 3.1.1 over TCP and SMB Direct. */
@org.jspecify.annotations.NullMarked
module dev.penstock.smb {
    requires static transitive org.jspecify;
    requires transitive dev.penstock.transport;
    requires dev.penstock.cache;
    requires com.github.benmanes.caffeine;
    requires io.netty.buffer;
    requires io.netty.common;
    requires io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.classes.kqueue;
    requires org.bouncycastle.provider;
    requires org.slf4j;

    exports dev.penstock.smb.auth;
    exports dev.penstock.smb.command;
    exports dev.penstock.smb.metrics;
    exports dev.penstock.smb.server;
    exports dev.penstock.smb.volume;
    exports dev.penstock.smb.wire;
    exports dev.penstock.smb.wire.dtyp;
    exports dev.penstock.smb.wire.erref;
    exports dev.penstock.smb.wire.fscc;
    exports dev.penstock.smb.wire.smb2;
}
