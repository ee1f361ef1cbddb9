package dev.penstock.smb.store;

import dev.penstock.smb.command.Open;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.wire.smb2.Create;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A server that knows READ and nothing of ours, as all others are: the store gathers by itself. */
class PlainServerStoreTest extends RdmaRemoteStoreTest {
    @Override
    protected boolean gathered() {
        return false;
    }

    @Override
    protected Share share() throws IOException {
        return new Plain(super.share());
    }

    private record Plain(Share share) implements ShareOver {
        @Override
        public Outcome create(RequestContext context, Create.Request request) {
            Outcome outcome = share.create(context, request);
            return outcome instanceof Outcome.Opened opened
                    ? new Outcome.Opened(withoutOurCodes(opened.open()), opened.response())
                    : outcome;
        }

        private static Open withoutOurCodes(Open open) {
            return (Open) Proxy.newProxyInstance(
                    Open.class.getClassLoader(), new Class<?>[] {Open.class}, (_, method, arguments) -> {
                        if (method.getName().equals("readsStrided")) {
                            return false;
                        }
                        try {
                            return method.invoke(open, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }
}
