/** The penstock command. Nothing imports it. */
@org.jspecify.annotations.NullMarked
module dev.penstock.tools {
    requires static org.jspecify;
    requires dev.penstock.cache;
    requires dev.penstock.smb;
    requires dev.penstock.inference;
    requires info.picocli;
    requires java.management;
    requires java.net.http;
    requires javax.jmdns;
    requires org.tomlj;
    requires tools.jackson.databind;
    requires org.slf4j;

    opens dev.penstock.tools to
            info.picocli;
}
