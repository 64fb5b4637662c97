// The one function that every call goes through, whichever door it came in by.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "ledger/archive/log_source.h"
#include "ledger/base/link_key.h"
#include "ledger/engine/ledger.h"
#include "services/api/call.h"
#include "services/api/exchange.h"
#include "services/api/feed.h"
#include "services/api/methods.h"
#include "services/api/open_streams.h"
#include "services/api/readers.h"
#include "services/api/stream.h"
#include "services/api/watching.h"

namespace bursar {

// Thread-safe. Ends the process where a method of the public services has no permission rule or no answer.
class Calls {
 public:
  struct Options {
    // Threads for reads that wait or go to disk, and how many of those may queue. With 0 they are answered in the
    // calling thread.
    int reader_threads = 16;
    size_t reader_capacity = 4'096;
    // The longest that a read waits for the position that it asks for.
    absl::Duration longest_wait = absl::Seconds(10);
    // Streaming calls that may be open at the same time.
    size_t most_streams = 10'000;
    Feed::Options feed;
    Watching::Options watching;
    // Of the ledger, for those who keep receipts and backups; empty where it is kept in memory.
    LogIdentity identity;
  };

  // Both outlive this object.
  Calls(Ledger& ledger, const LinkKey& links, const Options& options);
  Calls(Ledger& ledger, const LinkKey& links) : Calls(ledger, links, Options()) {}
  ~Calls();

  // All that are answered.
  static std::vector<const google::protobuf::ServiceDescriptor*> Services();

  // In this order: may the caller's role call this method, is the request well-formed, then what the method does.
  // `request` is a serialized message, needed during the call only. Does not block; `respond` is called once. For
  // methods that answer one message by one.
  void Serve(Call call, absl::string_view request, Respond respond);

  // The same for methods that stream; the client is told through `out`, which is kept until the call is over. nullptr
  // where the call was ended at once.
  std::shared_ptr<Stream> Open(Call call, std::shared_ptr<StreamOut> out);

  // Ends all streaming calls as UNAVAILABLE, and those that come later: for the end of the server. Waits for clients to
  // take it in for a second at most.
  void EndStreams();

  // Of calls whose feed has no threads: tells one watcher of what is new, if any; whether there was one.
  bool Step() { return feed_->Step(); }

  // How often a method was called and how often with each status code, since the start. A streaming call counts when it
  // ends.
  struct Count {
    std::string method;
    std::array<uint64_t, 17> by_code = {};
  };
  // In the order of the services and their methods.
  std::vector<Count> Counts() const;

 private:
  struct Served;
  struct InFlight;

  // Counts what became of a call, and logs its failure.
  static void Note(Served& served, const Call& call, absl::Time start, const absl::Status& status);
  // Parses, checks and answers one message; `begun` is called once, when another one may be begun after it.
  void ServeMessage(const Call& call, const Method& method, absl::string_view message, Respond respond,
                    std::function<void()> begun);
  void Dispatch(const std::shared_ptr<InFlight>& in_flight);
  static void Answer(const std::shared_ptr<InFlight>& in_flight);

  Ledger& ledger_;
  const Options options_;
  Methods methods_;
  // By method; never changed after construction but for the counters.
  absl::flat_hash_map<const google::protobuf::MethodDescriptor*, std::unique_ptr<Served>> served_;
  OpenStreams streams_;
  std::unique_ptr<Feed> feed_;
  // The last member: its threads use the others.
  std::unique_ptr<Readers> readers_;
};

}  // namespace bursar
