#include "services/grpc/errors.h"

#include "ledger/domain/refusals.h"
#include "services/api/render.h"

namespace bursar {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  if (!ReasonOf(status).has_value()) {
    return {grpc::StatusCode::INTERNAL, "Something went wrong inside Bursar; its log says what."};
  }
  const google::rpc::Status details = ToErrorMessage(status);
  return {static_cast<grpc::StatusCode>(status.code()), details.message(), details.SerializeAsString()};
}

}  // namespace bursar
