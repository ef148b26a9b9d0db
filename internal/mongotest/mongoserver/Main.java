import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import io.netty.channel.Channel;
import java.util.Arrays;
import java.util.List;

/**
 * Runs mongo-java-server on 127.0.0.1 and a port the system chooses, prints that port, and ends when its
 * standard input does: whoever started it may die in any way and leaves nothing behind. With the argument
 * replica-set it says that it is one; it has no sessions all the same.
 */
public class Main {
  static String replicaSetOf;

  public static void main(String[] args) throws Exception {
    MongoServer server = new MongoServer(new Backend());
    server.bind("127.0.0.1", 0);
    int port = server.getLocalAddress().getPort();
    if (Arrays.asList(args).contains("replica-set")) {
      replicaSetOf = "127.0.0.1:" + port;
    }
    System.out.println("port " + port);
    while (System.in.read() >= 0) {
    }
    Runtime.getRuntime().halt(0);
  }

  static class Backend extends MemoryBackend {
    @Override
    public Document handleCommand(Channel channel, String database, String command, Document query) {
      Document said = super.handleCommand(channel, database, command, query);
      if (replicaSetOf != null && command.equalsIgnoreCase("isMaster")) {
        said.append("setName", "rs0").append("hosts", List.of(replicaSetOf)).append("me", replicaSetOf);
      }
      return said;
    }
  }
}
