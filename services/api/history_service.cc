// bursar.v1.HistoryService.
#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bursar/v1/history.pb.h"
#include "ledger/domain/refusals.h"
#include "ledger/log/block.h"
#include "services/api/requests.h"
#include "services/api/services.h"
#include "services/api/watch_entries.h"

namespace bursar {
namespace {

// Entries that one call looks at, so that a rare account does not make it read the whole log.
constexpr Position kMostEntriesRead = 100'000;

// Entries from `from` to `to`, until the page is full or enough has been read; `next` is then where to go on, else 0.
struct Page {
  Position from = 0;
  Position to = 0;
  std::string account;
  size_t size = 0;
  Position next = 0;
  v1::ListEntriesResponse response;

  bool Take(const storage::v1::Entry& entry) {
    if (entry.position() < from) return true;
    if (entry.position() > to) return false;
    if (static_cast<size_t>(response.entries_size()) >= size || entry.position() - from >= kMostEntriesRead) {
      next = entry.position();
      return false;
    }
    v1::Entry shown = ToEntry(entry, account, {});
    if (account.empty() || shown.events_size() > 0) *response.add_entries() = std::move(shown);
    return true;
  }
};

absl::Status Fill(Page& page, const EventLog& log) {
  const absl::Status status = log.Read(page.from, [&](const StoredBlock& stored) -> absl::Status {
    const auto block = Decode(stored);
    if (!block.ok()) return block.status();
    for (const auto& entry : block->entries()) {
      if (!page.Take(entry)) return absl::CancelledError("the page is full");
    }
    return absl::OkStatus();
  });
  return absl::IsCancelled(status) ? absl::OkStatus() : status;
}

absl::StatusOr<v1::ListEntriesResponse> ListEntries(const Ledger& ledger, const Call& call,
                                                    const v1::ListEntriesRequest& request) {
  const auto account = IdOf<BillingAccountId>(request.billing_account());
  if (auto status = MayReadHistory(ledger, call, account); !status.ok()) return status;
  const auto token = FromPageToken(request.page_token());
  if (!token.ok()) return token.status();
  uint64_t next = 0;
  if (!token->empty() && !absl::SimpleAtoi(*token, &next)) return BadPageToken();

  // Only what readers may know of: the log may be ahead of the durable state.
  Position last = 0;
  ledger.Read([&](const State& state, absl::Time) { last = state.position; });
  Page page{.from = std::max<Position>({request.from_position(), next, 1}),
            .to = request.to_position() == 0 ? last : std::min<Position>(request.to_position(), last),
            .account = account.text(),
            .size = PageSize(request.page_size())};
  if (page.from <= page.to) {
    if (auto status = Fill(page, ledger.log()); !status.ok()) return status;
  }
  if (page.next != 0) page.response.set_next_page_token(ToPageToken(absl::StrCat(page.next)));
  page.response.set_position(last);
  return std::move(page.response);
}

// The first block that ends at `from` or later; nullopt where there is none. Only its place and hash.
absl::StatusOr<std::optional<StoredBlock>> FirstBlock(const EventLog& log, Position from) {
  std::optional<StoredBlock> found;
  const absl::Status status = log.Read(from, [&](const StoredBlock& block) -> absl::Status {
    found = StoredBlock{.first = block.first, .last = block.last, .bytes = "", .hash = block.hash};
    return absl::CancelledError("one is enough");
  });
  if (!status.ok() && !absl::IsCancelled(status)) return status;
  return found;
}

// The block with this entry, or, while readers know of a part of it only, the one before.
absl::StatusOr<std::optional<StoredBlock>> WholeBlock(const EventLog& log, Position position, Position known) {
  auto block = FirstBlock(log, position);
  if (!block.ok() || !block->has_value() || (*block)->last <= known) return block;
  if ((*block)->first == 1) return std::optional<StoredBlock>();
  return FirstBlock(log, (*block)->first - 1);
}

absl::StatusOr<v1::GetHeadResponse> GetHead(const Ledger& ledger, const LogIdentity& identity,
                                            const v1::GetHeadRequest& request) {
  Position last = 0;
  ledger.Read([&](const State& state, absl::Time) { last = state.position; });
  if (request.position() > last) return InvalidField("position", "is not written yet");
  v1::GetHeadResponse response;
  response.set_position(last);
  response.set_store_id(identity.store_id);
  response.set_epoch(identity.epoch);
  if (last == 0) return response;
  const auto block = WholeBlock(ledger.log(), request.position() == 0 ? last : request.position(), last);
  if (!block.ok()) return block.status();
  if (!block->has_value()) return response;
  response.set_block_first((*block)->first);
  response.set_block_last((*block)->last);
  response.set_block_hash(HashText((*block)->hash));
  return response;
}

// Of an answer's blocks; one block may go beyond.
constexpr size_t kExportBytes = 1 << 20;

absl::StatusOr<v1::ExportLogResponse> ExportLog(const Ledger& ledger, const LogIdentity& identity,
                                                const v1::ExportLogRequest& request) {
  Position last = 0;
  ledger.Read([&](const State& state, absl::Time) { last = state.position; });
  v1::ExportLogResponse response;
  response.set_last_position(last);
  response.set_store_id(identity.store_id);
  response.set_epoch(identity.epoch);
  size_t bytes = 0;
  const absl::Status read =
      ledger.log().Read(std::max<Position>(request.from_position(), 1), [&](const StoredBlock& stored) {
        // The log may be ahead of what readers may know of.
        if (stored.last > last || bytes >= kExportBytes) return absl::CancelledError("enough");
        v1::LogBlock& block = *response.add_blocks();
        block.set_first_position(stored.first);
        block.set_last_position(stored.last);
        block.set_hash(stored.hash.data(), stored.hash.size());
        block.set_content(stored.bytes);
        bytes += stored.bytes.size();
        return absl::OkStatus();
      });
  if (!read.ok() && !absl::IsCancelled(read)) return read;
  return response;
}

}  // namespace

void AddHistoryService(Methods& methods, Ledger& ledger, const LogIdentity& identity) {
  methods.SlowRead<v1::ListEntriesRequest, v1::ListEntriesResponse>(
      [&ledger](const Call& call, const v1::ListEntriesRequest& request) {
        return ListEntries(ledger, call, request);
      });
  methods.Watches<v1::WatchEntriesRequest>([&ledger](const Call& call, const v1::WatchEntriesRequest& request) {
    return OpenEntriesWatch(ledger, call, request);
  });
  methods.SlowRead<v1::GetHeadRequest, v1::GetHeadResponse>(
      [&ledger, &identity](const Call&, const v1::GetHeadRequest& request) {
        return GetHead(ledger, identity, request);
      });
  methods.SlowRead<v1::ExportLogRequest, v1::ExportLogResponse>(
      [&ledger, &identity](const Call&, const v1::ExportLogRequest& request) {
        return ExportLog(ledger, identity, request);
      });
  methods.Other<v1::WriteCheckpointRequest, v1::WriteCheckpointResponse>(
      false, [&ledger](const Call&, const v1::WriteCheckpointRequest&,
                       const std::function<void(const absl::StatusOr<v1::WriteCheckpointResponse>&)>& respond) {
        ledger.WriteCheckpoint([respond](const absl::StatusOr<Position>& position) {
          if (!position.ok()) return respond(LedgerUnavailable("no checkpoint can be written"));
          v1::WriteCheckpointResponse response;
          response.set_position(*position);
          respond(response);
        });
      });
}

}  // namespace bursar
