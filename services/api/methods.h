// The methods there are, and how each is answered: a write parses, submits and renders; a read reads and renders.
//
// Whatever all calls have in common (permission of roles, form, waiting for a position, request ids, rehearsals) is
// done here and in Calls, once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "ledger/base/check.h"
#include "ledger/domain/commands.h"
#include "ledger/engine/ledger.h"
#include "services/api/call.h"
#include "services/api/fingerprint.h"
#include "services/api/watch.h"

namespace bursar {

// A method, found by the type of its request: each belongs to one method only.
struct Method {
  // Whether it may read from disk or take long otherwise.
  bool slow = false;
  // Where the call's request goes; of the method's input type.
  const google::protobuf::Message* prototype = nullptr;
  // Answers one message; of a bidirectional method, each of them. The request has its form; it lives until it is
  // answered, and may be changed.
  std::function<void(const Call& call, google::protobuf::Message& request, Respond respond)> serve;
  // For methods that tell their client of entries instead of answering once; else nullptr.
  std::function<absl::StatusOr<std::unique_ptr<Watch>>(const Call& call, const google::protobuf::Message& request)>
      watch;
};

class Methods {
 public:
  explicit Methods(Ledger& ledger) : ledger_(ledger) {}
  Methods(const Methods&) = delete;

  // `parse` makes absl::StatusOr<Command> of (const Call&, const Request&); `render` makes a Response of the entry that
  // answers it, now or when the same request was made first.
  template <class Request, class Response, class Parse, class Render>
  void Write(Parse parse, Render render) {
    AddWrite<Request, Response>(false, std::move(parse), std::move(render));
  }

  // As Write, where `parse` reads from disk.
  template <class Request, class Response, class Parse, class Render>
  void SlowWrite(Parse parse, Render render) {
    AddWrite<Request, Response>(true, std::move(parse), std::move(render));
  }

  // `answer` makes absl::StatusOr<Response> of (const Call&, const Request&), from memory.
  template <class Request, class Response, class Answering>
  void Read(Answering answer) {
    AddRead<Request, Response>(false, std::move(answer));
  }

  // As Read, from disk or with much work.
  template <class Request, class Response, class Answering>
  void SlowRead(Answering answer) {
    AddRead<Request, Response>(true, std::move(answer));
  }

  // `serve` takes (const Call&, Request&, std::function<void(const absl::StatusOr<Response>&)>) and answers in its own
  // time. Of a bidirectional method it answers each message.
  template <class Request, class Response, class Serving>
  void Other(bool slow, Serving serve) {
    Add<Request, Response>(slow, [serve](const Call& call, Request& request, Respond respond) {
      serve(call, request, [respond = std::move(respond)](const absl::StatusOr<Response>& response) {
        respond(response.status(), response.ok() ? &*response : nullptr);
      });
    });
  }

  // `open` makes absl::StatusOr<std::unique_ptr<Watch>> of (const Call&, const Request&), from memory.
  template <class Request, class Opening>
  void Watches(Opening open) {
    Method method{.prototype = &Request::default_instance(),
                  .watch = [open](const Call& call, const google::protobuf::Message& request) {
                    return open(call, static_cast<const Request&>(request));
                  }};
    BURSAR_CHECK(methods_.emplace(Request::descriptor(), std::move(method)).second);
  }

  // nullptr where there is none.
  const Method* Find(const google::protobuf::Descriptor& request) const {
    const auto found = methods_.find(&request);
    return found == methods_.end() ? nullptr : &found->second;
  }

 private:
  template <class Request, class Response, class Serving>
  void Add(bool slow, Serving serve) {
    const bool added =
        methods_
            .emplace(Request::descriptor(),
                     Method{.slow = slow,
                            .prototype = &Request::default_instance(),
                            .serve =
                                [serve](const Call& call, google::protobuf::Message& request, Respond respond) {
                                  BURSAR_CHECK(call.method->output_type() == Response::descriptor());
                                  serve(call, static_cast<Request&>(request), std::move(respond));
                                }})
            .second;
    BURSAR_CHECK(added);
  }

  template <class Request, class Response, class Parse, class Render>
  void AddWrite(bool slow, Parse parse, Render render) {
    Add<Request, Response>(slow, [this, parse, render](const Call& call, Request& request, Respond respond) {
      absl::StatusOr<Command> command = parse(call, request);
      if (!command.ok()) return respond(command.status(), nullptr);
      Submission submission{.principal = call.principal,
                            .request_id = request.request_id(),
                            .fingerprint = Fingerprint(call.method->full_name(), request, "request_id"),
                            .command = *std::move(command)};
      auto done = [respond = std::move(respond), render](const absl::StatusOr<Answer>& answer) {
        if (!answer.ok()) return respond(answer.status(), nullptr);
        const Response response = render(**answer);
        respond(absl::OkStatus(), &response);
      };
      if (request.validate_only()) return done(ledger_.Rehearse(submission));
      ledger_.Submit(std::move(submission), std::move(done));
    });
  }

  template <class Request, class Response, class Answering>
  void AddRead(bool slow, Answering answer) {
    Add<Request, Response>(slow, [answer](const Call& call, Request& request, const Respond& respond) {
      const absl::StatusOr<Response> response = answer(call, request);
      respond(response.status(), response.ok() ? &*response : nullptr);
    });
  }

  Ledger& ledger_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, Method> methods_;
};

}  // namespace bursar
