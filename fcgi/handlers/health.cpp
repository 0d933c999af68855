#include <string>
#include <vector>

#include "common/protocol.h"
#include "fcgi/handlers/handlers.h"
#include "fcgi/responses.h"

namespace parlor::fcgi::handlers {
namespace {

constexpr int kBusWaitMs = 200;  // a worker that has just started is still connecting

}  // namespace

Result<Response> Health(Call& call) {
  std::vector<std::string> missing;
  if (!call.services().database.Ping().ok()) missing.emplace_back("database");
  if (!call.services().publisher.ReachableAtStart(kBusWaitMs)) missing.emplace_back("event bus");
  Response response = JsonResponse(missing.empty() ? 200 : 503, EncodeHealth(missing));
  if (!missing.empty()) response.Set("Retry-After", "2");
  return response;
}

}  // namespace parlor::fcgi::handlers
