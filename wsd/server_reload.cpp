// A reload (SIGHUP): the configuration is read again, beside the loop, and what may change while
// people are connected is taken over. Nobody is disconnected.
#include <utility>

#include "common/config_table.h"
#include "common/log.h"
#include "wsd/server_impl.h"

namespace parlor::wsd {

// Only the loop looks at reloading_; the other two are written by the thread that reads the file.
// A signal that comes meanwhile means that it may have changed again.
void Server::Impl::StartReload() {
  if (reloading_) {
    reload_again_ = true;
    return;
  }
  reloading_ = true;
  supervisor_.Reloading();
  reload_file_ = config_.file;
  reload_work_.data = this;
  uv_queue_work(
      &loop_, &reload_work_,
      [](uv_work_t* work) {
        Impl& self = Of(work);
        self.loaded_.emplace(LoadConfig(self.reload_file_, ParlorEnvironment()));
      },
      [](uv_work_t* work, int) { Of(work).FinishReload(); });
}

void Server::Impl::FinishReload() {
  const Result<Config> loaded = *std::exchange(loaded_, std::nullopt);
  reloading_ = false;
  if (stage_ != Stage::kServing) return;
  if (loaded.ok()) {
    supervisor_.Reloaded(TakeOver(*loaded));
  } else {
    log::Error("reloading", {{"error", loaded.status()}, {"kept", "the configuration as it was"}});
    supervisor_.Reloaded("The new configuration is not acceptable; the old one is kept.");
  }
  if (std::exchange(reload_again_, false)) StartReload();
}

// In a sentence, what came of it.
std::string Server::Impl::TakeOver(const Config& loaded) {
  std::string taken;
  std::string not_taken;
  for (const Option* option : ChangedOptions(config_, loaded)) {
    std::string& names = option->reload ? taken : not_taken;
    names += (names.empty() ? "" : " ") + OptionKey(*option);
    if (option->reload) CopyOption(*option, loaded, config_);
  }
  log::SetLevel(log::ParseLevel(config_.log.level));
  gateway_.SetLimits(config_.limits);
  log::Info("reloading", {{"taken_over", taken}});
  if (not_taken.empty()) return "Reloaded the configuration.";
  log::Warning("reloading", {{"needs_restart", not_taken}});
  return "Reloaded the configuration; a restart is needed for " + not_taken + ".";
}

}  // namespace parlor::wsd
