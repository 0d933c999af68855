// Writing: once a connection and turn of the loop.
#include "wsd/server_impl.h"

namespace parlor::wsd {

void Server::Impl::FlushTouched() {
  if (touched_.empty()) return;
  const uint64_t now = uv_now(&loop_);
  const auto window = static_cast<uint64_t>(socket_.flush_window_ms);
  for (size_t i = 0; i < touched_.size(); ++i) {  // in place: an entry may vanish meanwhile
    Connection* connection = touched_[i];
    if (connection == nullptr) continue;
    connection->Unlist();
    if (now - connection->last_write_ms >= window) {
      Flush(*connection);
      continue;
    }
    if (delayed_.empty()) {
      uv_timer_start(
          &delay_, [](uv_timer_t* handle) { Of(handle).FlushDelayed(); }, window, 0);
    }
    connection->List(delayed_);
  }
  touched_.clear();
}

void Server::Impl::FlushDelayed() {
  for (size_t i = 0; i < delayed_.size(); ++i) {
    Connection* connection = delayed_[i];
    if (connection == nullptr) continue;
    connection->Unlist();
    Flush(*connection);
  }
  delayed_.clear();
}

// After the close frame the client answers with its own and hangs up; the gateway's wheel sees to
// one that does not.
void Server::Impl::Flush(Connection& connection) {
  if (connection.dropped || !WriteQueue(connection)) return;
  Session& session = connection.session;
  if (session.state == SessionState::kClosing) session.close_sent = true;
}

// The one place that writes. True: everything has gone out. Otherwise the library still holds a
// rest, and calls Flush() when the kernel has taken it.
bool Server::Impl::WriteQueue(Connection& connection) {
  OutQueue& queue = connection.session.outgoing;
  for (;;) {
    if (lws_partial_buffered(connection.wsi) != 0) {
      lws_callback_on_writable(connection.wsi);
      return false;
    }
    if (queue.empty()) return true;
    scratch_.clear();
    queue.TakeInto(scratch_, kMaxFlushBytes);
    auto* bytes = reinterpret_cast<unsigned char*>(scratch_.data());
    if (lws_write(connection.wsi, bytes, scratch_.size(), LWS_WRITE_RAW) < 0) {
      queue.Clear();
      connection.Drop();
      return false;
    }
    connection.last_write_ms = uv_now(&loop_);
    ++gateway_.counters().writes;
    gateway_.counters().bytes_out += scratch_.size();
  }
}

}  // namespace parlor::wsd
