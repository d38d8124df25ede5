// The connection may go while the phone lies there, and come back.

const WAITS_S = [2, 3, 5, 8, 15, 30];
const PATIENCE_S = 4;
const LOST = "The connection to the computer is lost. Your place is kept; trying again.";
const ENDED =
  "This is no longer shared. Start audiocoach share again on the computer, and scan its new code.";

export const watchConnection = (player, retry) => {
  const { audio, say } = player;
  let tries = 0;
  let retryTimer = 0;
  let waitingTimer = 0;
  let place = 0;

  const reach = async () => {
    try {
      const asked = { method: "HEAD", cache: "no-store" };
      const answer = await fetch(audio.currentSrc || location.href, asked);
      return answer.ok ? "here" : "ended";
    } catch {
      return "lost";
    }
  };

  const lost = () => {
    if (player.gone) {
      return;
    }
    player.gone = true;
    tries = 0;
    place = player.place();
    check();
  };

  const check = async () => {
    clearTimeout(retryTimer);
    const found = await reach();
    if (!player.gone) {
      return;
    }
    if (found === "here" && tries < WAITS_S.length) {
      comeBack();
      return;
    }
    say(found === "ended" ? ENDED : LOST);
    retry.hidden = false;
    player.show();
    retryTimer = setTimeout(check, 1000 * WAITS_S[Math.min(tries, WAITS_S.length - 1)]);
    tries += 1;
  };

  const comeBack = () => {
    const playing = player.wanted;
    isFine();
    audio.load();
    audio.currentTime = place;
    if (playing) {
      player.start();
    }
  };

  const isFine = () => {
    clearTimeout(waitingTimer);
    if (player.gone) {
      player.gone = false;
      clearTimeout(retryTimer);
      retry.hidden = true;
      say("");
    }
  };

  // Where nothing comes any more, a browser may wait for minutes before it says so.
  const isWaiting = () => {
    clearTimeout(waitingTimer);
    waitingTimer = setTimeout(async () => {
      if (player.wanted && audio.readyState < 3 && (await reach()) !== "here") {
        lost();
      }
    }, 1000 * PATIENCE_S);
  };

  audio.addEventListener("error", lost);
  audio.querySelector("source").addEventListener("error", lost);
  audio.addEventListener("waiting", isWaiting);
  audio.addEventListener("stalled", isWaiting);
  audio.addEventListener("playing", isFine);
  addEventListener("online", () => player.gone && check());
  retry.addEventListener("click", () => {
    tries = 0;
    check();
  });
  if (audio.error || audio.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) {
    lost();
  }
  return lost;
};
