/** Blocks in registered RAM, and the stores that they come from. */
@org.jspecify.annotations.NullMarked
module dev.penstock.cache {
    requires static transitive org.jspecify;
    requires transitive dev.penstock.transport;
    requires com.github.benmanes.caffeine;
    requires com.hierynomus.smbj;
    requires org.slf4j;

    exports dev.penstock.cache;
    exports dev.penstock.cache.local;
    exports dev.penstock.cache.store;
    exports dev.penstock.cache.store.local;
    exports dev.penstock.cache.store.smb;
}
