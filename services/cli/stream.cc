#include "services/cli/stream.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/cli/asking.h"
#include "services/cli/connection.h"
#include "services/cli/error_text.h"
#include "services/cli/interrupt.h"
#include "services/cli/lines.h"
#include "services/cli/render_stream.h"
#include "services/cli/request.h"
#include "services/cli/store.h"
#include "services/cli/values.h"
#include "services/client/stream.h"

namespace bursar::cli {
namespace {

using google::protobuf::Message;

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor& type) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

uint64_t NumberIn(const Message& message, const char* field) {
  return message.GetReflection()->GetUInt64(message, message.GetDescriptor()->FindFieldByName(field));
}

// What was asked and where the answers go.
struct Asking {
  const CommandLine& line;
  const World& world;
  bool json = false;
  Asked asked;
  std::optional<uint64_t> count;
  uint64_t told = 0;

  ExitCode Fail(const absl::Status& error, ExitCode code) const {
    world.err << (json ? ErrorAsJson(error, asked) : ErrorForPeople(error, asked));
    return code;
  }
  void Print(const Message& message) {
    world.out << (json ? RenderStreamedJson(message) : RenderStreamedForPeople(message)) << std::flush;
    told += ToldBy(message);
  }
  // Whether what was printed is enough, or nobody reads it.
  bool Enough() const { return (count.has_value() && told >= *count) || !world.out.good(); }
};

ExitCode Watch(Asking& asking, const Connection& connection, const Message& request, const Interrupt& interrupt) {
  const google::protobuf::MethodDescriptor& method = asking.line.verb->method();
  std::optional<uint64_t> position;
  ClientWatch watch(connection.client(), method, request, [&](const absl::Status& why) {
    asking.world.err << "The server is away: " << why.message() << "\nWatching goes on "
                     << (position ? absl::StrCat("after position ", *position, " ") : "") << "when it is back.\n"
                     << std::flush;
  });
  const OnInterrupt stopping(interrupt, [&watch] { watch.Cancel(); });
  const auto message = NewMessage(*method.output_type());
  const std::optional<uint64_t> end = connection.end();
  while (watch.Next(*message)) {
    asking.Print(*message);
    position = NumberIn(*message, "position");
    if (asking.Enough() || (end.has_value() && *position >= *end)) break;
  }
  if (!watch.status().ok()) return asking.Fail(watch.status(), ExitCodeOf(watch.status()));
  if (!asking.json && position.has_value()) {
    asking.world.err << "Told up to position " << *position << "; go on with --from-position " << *position + 1
                     << ".\n";
  }
  return kDone;
}

// Sends a message for each line; an error is a sentence about the line that is none.
absl::Status SendLines(Lines& lines, const std::string& file, const google::protobuf::Descriptor& type,
                       ClientStream& stream) {
  uint64_t number = 0;
  while (const std::optional<std::string> line = lines.Next()) {
    ++number;
    if (absl::StripAsciiWhitespace(*line).empty()) continue;
    const auto message = NewMessage(type);
    if (absl::Status read = ReadJson(*line, *message); !read.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ":", number, " is not a ", type.name(), " in JSON: ", read.message()));
    }
    // So that answers can be found again.
    if (NumberIn(*message, "sequence") == 0) {
      message->GetReflection()->SetUInt64(message.get(), type.FindFieldByName("sequence"), number);
    }
    if (!stream.Write(*message)) break;
  }
  return absl::OkStatus();
}

ExitCode Exchange(Asking& asking, const Connection& connection, Lines& lines, const Interrupt& interrupt) {
  const google::protobuf::MethodDescriptor& method = asking.line.verb->method();
  ClientStream stream(connection.client(), method);
  std::atomic<bool> stopped = false;
  const auto stop = [&] {
    stopped = true;
    lines.Stop();
    stream.Cancel();
  };
  const OnInterrupt stopping(interrupt, stop);
  absl::Status sent;
  std::thread writer([&] {
    sent = SendLines(lines, asking.line.messages.value_or("-"), *method.input_type(), stream);
    stream.WritesDone();
  });
  bool denied = false;
  const auto message = NewMessage(*method.output_type());
  while (stream.Read(*message)) {
    asking.Print(*message);
    denied = denied || IsDenied(*message);
    if (asking.Enough()) stop();
  }
  lines.Stop();
  writer.join();
  const absl::Status status = stream.Finish();
  if (!sent.ok()) return asking.Fail(sent, kMisuse);
  if (!status.ok() && !stopped) return asking.Fail(status, ExitCodeOf(status));
  return denied ? kDenied : kDone;
}

}  // namespace

ExitCode AskStream(const CommandLine& line, const Settings& settings, const World& world) {
  const Interrupt interrupt;
  Asking asking{.line = line, .world = world, .json = settings.Text("format") == "json"};
  asking.asked.flags = FlagsOf(*line.verb->request, line.verb->inlined);
  if (line.count.has_value()) {
    const auto count = ReadWhole(*line.count, 1, 1'000'000'000);
    if (!count.ok()) {
      return asking.Fail(absl::InvalidArgumentError(absl::StrCat("--count: ", count.status().message())), kMisuse);
    }
    asking.count = static_cast<uint64_t>(*count);
  }
  if (const absl::Status caller = CheckCaller(settings); !caller.ok()) return asking.Fail(caller, kMisuse);

  std::unique_ptr<Message> request;
  std::unique_ptr<Lines> lines;
  if (line.verb->exchanges()) {
    auto opened = Lines::Open(line.messages.value_or("-"));
    if (!opened.ok()) return asking.Fail(opened.status(), kMisuse);
    lines = *std::move(opened);
  } else {
    auto written = RequestOf(line, {.now = world.now(), .read_file = world.read_file}, "");
    if (!written.ok()) return asking.Fail(written.status(), kMisuse);
    request = *std::move(written);
  }
  const absl::StatusOr<Connection> connection = Connection::Open(settings, world);
  if (!connection.ok()) return asking.Fail(connection.status(), ExitCodeOfStore(connection.status()));
  asking.asked.server = connection->server();
  return lines != nullptr ? Exchange(asking, *connection, *lines, interrupt)
                          : Watch(asking, *connection, *request, interrupt);
}

}  // namespace bursar::cli
