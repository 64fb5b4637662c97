#include "services/cli/ask.h"

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/cli/asking.h"
#include "services/cli/connection.h"
#include "services/cli/error_text.h"
#include "services/cli/render.h"
#include "services/cli/request.h"
#include "services/cli/store.h"
#include "services/client/client.h"

namespace bursar::cli {
using google::protobuf::Message;

ExitCode Ask(const CommandLine& line, const Settings& settings, const World& world) {
  const bool json = settings.Text("format") == "json";
  Asked asked;
  asked.flags = FlagsOf(*line.verb->request, line.verb->inlined);
  const auto fail = [&](const absl::Status& error, ExitCode code) {
    world.err << (json ? ErrorAsJson(error, asked) : ErrorForPeople(error, asked));
    return code;
  };

  const Reading reading{.now = world.now(), .read_file = world.read_file};
  const absl::StatusOr<std::unique_ptr<Message>> request = RequestOf(line, reading, NewRequestId());
  if (!request.ok()) return fail(request.status(), kMisuse);

  if (const absl::Status caller = CheckCaller(settings); !caller.ok()) return fail(caller, kMisuse);
  const absl::StatusOr<Connection> connection = Connection::Open(settings, world);
  if (!connection.ok()) return fail(connection.status(), ExitCodeOfStore(connection.status()));
  asked.server = connection->server();
  asked.request_id = RequestIdOf(**request);

  const absl::StatusOr<std::unique_ptr<Message>> answer = connection->client().Call(line.verb->method(), **request);
  if (!answer.ok()) return fail(answer.status(), ExitCodeOf(answer.status()));
  world.out << (json ? RenderJson(**answer) : RenderForPeople(**answer, line.verb->columns));
  return IsDenied(**answer) ? kDenied : kDone;
}

}  // namespace bursar::cli
