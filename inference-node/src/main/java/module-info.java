/** Model files, shards, compute, tensor parallelism and the HTTP API. */
@org.jspecify.annotations.NullMarked
module dev.penstock.inference {
    requires static transitive org.jspecify;
    requires transitive dev.penstock.cache;
    requires dev.penstock.transport;
    requires org.slf4j;

    exports dev.penstock.inference.gguf;
    exports dev.penstock.inference.shard;
}
