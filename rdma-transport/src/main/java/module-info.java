/** Memory, RDMA, SMB Direct and collectives. Imports nothing of Penstock. */
@org.jspecify.annotations.NullMarked
module dev.penstock.transport {
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.penstock.collective;
    exports dev.penstock.fabric;
    exports dev.penstock.memory;
    exports dev.penstock.rdma;
    exports dev.penstock.smbdirect;

    uses dev.penstock.rdma.RdmaProvider;

    provides dev.penstock.rdma.RdmaProvider with
            dev.penstock.rdma.iwarp.IwarpProvider,
            dev.penstock.rdma.verbs.VerbsProvider,
            dev.penstock.rdma.verbs.ThunderboltProvider;
}
