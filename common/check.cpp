#include "common/check.h"

#include <cstdlib>

#include "common/log.h"

namespace parlor {

void CheckFailed(const char* condition, const char* file, int line) {
  log::Error("aborting on a mistake of our own",
             {{"condition", condition}, {"file", file}, {"line", line}});
  std::abort();
}

}  // namespace parlor
