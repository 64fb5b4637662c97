#include "services/cli/ask.h"

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bursar/v1/gate.pb.h"
#include "ledger/base/principal.h"
#include "services/cli/connection.h"
#include "services/cli/error_text.h"
#include "services/cli/render.h"
#include "services/cli/request.h"
#include "services/cli/show.h"
#include "services/cli/store.h"
#include "services/client/client.h"

namespace bursar::cli {
namespace {

using google::protobuf::Message;

// Whether the gate was asked and said no, to anything.
bool IsDenied(const Message& answer) {
  if (const auto* check = dynamic_cast<const v1::CheckResponse*>(&answer)) return !check->decision().allowed();
  if (const auto* hold = dynamic_cast<const v1::PlaceHoldResponse*>(&answer)) return !hold->decision().allowed();
  if (const auto* batch = dynamic_cast<const v1::CheckBatchResponse*>(&answer)) {
    for (const v1::CheckResult& result : batch->results()) {
      if (!result.decision().allowed()) return true;
    }
  }
  return false;
}

}  // namespace

void WriteAnswer(const Showing& showing, const Message& answer) {
  showing.world.out << (showing.json ? RenderJson(answer) : RenderForPeople(answer, showing.verb.columns));
}

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

  const std::string caller = settings.Text("as");
  if (!caller.empty() && !Principal::Parse(caller).has_value()) {
    return fail(absl::InvalidArgumentError(
                    absl::StrCat("\"", caller,
                                 "\" is nobody who may ask; write --as with user-, service-, operator-, finance- or "
                                 "support- and a handle, for example user-ada.")),
                kMisuse);
  }
  const absl::StatusOr<Connection> connection = Connection::Open(settings, world);
  if (!connection.ok()) return fail(connection.status(), ExitCodeOfStore(connection.status()));
  asked.server = connection->server();
  asked.request_id = RequestIdOf(**request);

  if (line.verb->show != nullptr) {
    return line.verb->show({.verb = *line.verb,
                            .client = connection->client(),
                            .request = **request,
                            .own = line.own,
                            .world = world,
                            .json = json,
                            .fail = fail});
  }
  const absl::StatusOr<std::unique_ptr<Message>> answer = connection->client().Call(line.verb->method(), **request);
  if (!answer.ok()) return fail(answer.status(), ExitCodeOf(answer.status()));
  world.out << (json ? RenderJson(**answer) : RenderForPeople(**answer, line.verb->columns));
  return IsDenied(**answer) ? kDenied : kDone;
}

}  // namespace bursar::cli
