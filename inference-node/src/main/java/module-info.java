/** Model files, shards, compute, tensor parallelism and the HTTP API. */
@org.jspecify.annotations.NullMarked
module dev.penstock.inference {
    requires static transitive org.jspecify;
    requires transitive dev.penstock.cache;
    requires transitive dev.penstock.transport;
    requires jdk.httpserver;
    requires org.slf4j;
    requires tools.jackson.core;
    requires tools.jackson.databind;

    exports dev.penstock.inference.gguf;
    exports dev.penstock.inference.node;
    exports dev.penstock.inference.parallel;
    exports dev.penstock.inference.shard;
}
