// The load generators, one program: bench rooms …, bench group …. `bench COMMAND --help` lists the
// options.
#include <CLI/CLI.hpp>

#include "tests/bench/group_fanout.h"
#include "tests/bench/load.h"
#include "tests/bench/room_load.h"

namespace parlor::bench {
namespace {

void AddTarget(CLI::App& app, Target& target) {
  app.add_option("--port", target.port, "nginx")->required();
  app.add_option("--db", target.db_socket, "socket of the database")->required();
  app.add_option("--database", target.database, "its schema");
  app.add_option("--db-user", target.db_user, "a user that may write users and sessions");
  app.add_option("--watch", target.watch, "name=pid of processes whose CPU counts")->delimiter(',');
}

int Main(int argc, char** argv) {
  CLI::App app("Load for a running stack");
  app.require_subcommand(1);
  RoomLoad rooms;
  CLI::App* rooms_app = app.add_subcommand("rooms", "pairs of people who write to each other");
  AddTarget(*rooms_app, rooms.target);
  rooms_app->add_option("--pairs", rooms.pairs, "pairs of people");
  rooms_app->add_option("--seconds", rooms.seconds, "how long");
  rooms_app->add_option("--window", rooms.window, "messages under way a person (closed loop)");
  rooms_app->add_option("--rate", rooms.rate, "messages a second in all (open loop)");
  rooms_app->add_option("--bytes", rooms.body_bytes, "length of a message");
  GroupFanout group;
  CLI::App* group_app = app.add_subcommand("group", "one group, everybody present");
  AddTarget(*group_app, group.target);
  group_app->add_option("--sockets", group.sockets, "people who are present, one socket each");
  group_app->add_option("--senders", group.senders, "how many of them write, in turn");
  group_app->add_option("--seconds", group.seconds, "how long");
  group_app->add_option("--rate", group.rate, "messages a second in all");
  group_app->add_option("--max-p99-ms", group.max_p99_ms,
                        "fails if the p99 from when a message was due is above; 0: never");
  group_app->add_option("--bytes", group.body_bytes, "length of a message");
  CLI11_PARSE(app, argc, argv);
  if (rooms_app->parsed()) RunRoomLoad(rooms);
  if (group_app->parsed()) RunGroupFanout(group);
  return 0;
}

}  // namespace
}  // namespace parlor::bench

int main(int argc, char** argv) { return parlor::bench::Main(argc, argv); }
