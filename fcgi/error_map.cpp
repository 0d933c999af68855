#include "fcgi/error_map.h"

namespace parlor::fcgi {

const ErrorMapRow& HttpErrorOf(ErrorCode code) {
  for (const ErrorMapRow& row : kErrorMap) {
    if (row.code == code) return row;
  }
  PARLOR_CHECK(false);  // a code that was added without its row; a test covers them all
}

}  // namespace parlor::fcgi
