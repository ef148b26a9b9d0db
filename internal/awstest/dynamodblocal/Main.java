import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Runs DynamoDB Local on 127.0.0.1 and a port the system chooses, prints that port, and ends when its
 * standard input does: whoever started it may die in any way and leaves nothing behind.
 */
public class Main {
  public static void main(String[] args) throws Exception {
    DynamoDBProxyServer dynamodb = ServerRunner.createServerFromCommandLineArgs(args);
    // DynamoDB Local has no option for the address and would listen on every interface.
    var field = DynamoDBProxyServer.class.getDeclaredField("server");
    field.setAccessible(true);
    for (Connector connector : ((Server) field.get(dynamodb)).getConnectors()) {
      ((ServerConnector) connector).setHost("127.0.0.1");
      ((ServerConnector) connector).setPort(0);
    }
    dynamodb.safeStart();
    for (Connector connector : ((Server) field.get(dynamodb)).getConnectors()) {
      System.out.println("port " + ((ServerConnector) connector).getLocalPort());
    }
    while (System.in.read() >= 0) {
    }
    Runtime.getRuntime().halt(0);
  }
}
