// The inside of the server, shared by server.cpp (life and end), server_events.cpp (what
// libwebsockets tells), server_send.cpp (writing) and server_reload.cpp (a new configuration), the
// only files that know the library.
#pragma once

#include <libwebsockets.h>
#include <uv.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wsd/listen_lock.h"
#include "wsd/refusal.h"
#include "wsd/server.h"
#include "wsd/supervisor.h"

namespace parlor::wsd {

inline constexpr size_t kMaxFlushBytes = 262144;  // one write; what is not taken is copied

class Server::Impl {
 public:
  Impl(const Config& config, Gateway& gateway, std::function<void()> drain_mailbox)
      : config_(config), gateway_(gateway), drain_mailbox_(std::move(drain_mailbox)) {
    scratch_.reserve(kMaxFlushBytes);
  }
  ~Impl();

  Status Start();
  Status Listen();
  void Run();
  std::string Place() const;
  void End(std::string_view why);
  void Wake() { lws_cancel_service(context_); }

 private:
  enum class Stage { kServing, kDraining, kClosing };

  // What libwebsockets keeps for a connection: one pointer (its memory is zeroed, no constructor
  // runs). Null before the handshake has succeeded.
  class Connection;
  struct PerConnection {
    Connection* connection;
  };

  // One established connection: the gateway's Peer.
  class Connection final : public Peer {
   public:
    Connection(Impl& server, lws* socket, std::string request_id)
        : server_(server),
          wsi(socket),
          session(server.gateway_.Open(*this, std::move(request_id))) {}
    ~Connection() override {
      Unlist();
      server_.gateway_.Gone(session);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void WantFlush() override {
      if (list_ == nullptr) List(server_.touched_);
    }
    void PauseReading(bool pause) override { lws_rx_flow_control(wsi, pause ? 0 : 1); }
    void Drop() override {
      dropped = true;
      lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
      server_.Wake();  // the library looks at its timers only after an event
    }

    void List(std::vector<Connection*>& list) {
      list_ = &list;
      index_ = list.size();
      list.push_back(this);
    }
    void Unlist() {
      if (list_ != nullptr) (*list_)[index_] = nullptr;
      list_ = nullptr;
    }

   private:
    Impl& server_;
    std::vector<Connection*>* list_ = nullptr;  // touched_ or delayed_
    size_t index_ = 0;

   public:
    lws* const wsi;
    Session& session;
    uint64_t last_write_ms = 0;
    bool dropped = false;
  };

  // Handshake and life of a connection, as libwebsockets tells it.
  static int Callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t length);
  int OnSocketEvent(lws* wsi, lws_callback_reasons reason, PerConnection* user, void* in,
                    size_t length);
  int OnHttp(lws* wsi);
  int Refuse(lws* wsi, Refusal why);
  int ConfirmUpgrade(lws* wsi);
  void Established(lws* wsi, PerConnection* user);
  int Received(lws* wsi, Connection& connection, void* in, size_t length);

  // Sending.
  void FlushTouched();
  void FlushDelayed();
  void Flush(Connection& connection);
  bool WriteQueue(Connection& connection);

  void Tick();

  // server_reload.cpp
  void StartReload();
  void FinishReload();
  std::string TakeOver(const Config& loaded);

  // Ending.
  void OnSignal(int number);
  void StartEnding();
  void EndingStep();
  void CloseSlice();

  void StopListening();

  Status CreateVhost(bool unix_socket);
  void StartHandles();
  void CloseHandles();
  template <typename Handle>
  static Impl& Of(Handle* handle) {
    return *static_cast<Impl*>(handle->data);
  }

  Config config_;  // what is in force: a reload changes some of it
  const SocketConfig& socket_ = config_.socket;
  Supervisor supervisor_;
  Gateway& gateway_;
  const std::function<void()> drain_mailbox_;

  int64_t max_connections_ = 0;
  int64_t open_ = 0;  // accepted connections, established or not
  std::optional<ListenLock> lock_;

  uv_loop_t loop_{};
  bool loop_open_ = false;
  bool handles_open_ = false;
  uv_prepare_t prepare_{};
  uv_check_t check_{};
  uv_timer_t tick_{};
  uv_timer_t delay_{};
  uv_timer_t ending_{};
  std::array<uv_signal_t, 3> signals_{};

  lws_context* context_ = nullptr;
  std::vector<int> listening_;  // until StopListening(); the library owns them
  std::array<lws_protocols, 2> protocols_{};
  lws_retry_bo_t no_library_timers_{};  // both times 0: no timer a connection; ours are the wheel's
  std::array<void*, 1> foreign_loops_{};

  std::vector<Connection*> touched_;
  std::vector<Connection*> delayed_;
  std::string scratch_;

  uv_work_t reload_work_{};
  bool reloading_ = false;                // the file is read, which a thread of libuv does
  std::string reload_file_;               // that thread's, as long as reloading_
  std::optional<Result<Config>> loaded_;  // that thread's, as long as reloading_
  bool reload_again_ = false;

  Stage stage_ = Stage::kServing;
  bool told_to_end_ = false;  // by a signal
  int64_t ending_began_ms_ = 0;
  int64_t all_told_ms_ = 0;
};

}  // namespace parlor::wsd
