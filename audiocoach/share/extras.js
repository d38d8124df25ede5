// The sleep timer, the screen that stays on, and the lock screen, a headset or a car.

const FADE_S = 8;
const SKIP_S = 15;

export const sleepTimer = (player, select) => {
  const { audio, chapters } = player;
  let at = 0; // milliseconds of the clock on the wall; 0: never
  let place = 0; // seconds of the routine; 0: never

  const set = () => {
    const minutes = Number(select.value) || 0;
    at = minutes ? Date.now() + minutes * 60000 : 0;
    const after = chapters[player.chapterAt(player.place()) + 1];
    place = select.value === "chapter" ? (after ? after.start : player.length()) : 0;
    audio.volume = 1;
  };

  const left = () => {
    if (at) {
      return (at - Date.now()) / 1000;
    }
    return place ? place - player.place() : Infinity;
  };

  const watch = () => {
    const seconds = left();
    if (seconds > FADE_S) {
      return;
    }
    if (seconds > 0.3) {
      audio.volume = Math.min(1, seconds / FADE_S);
      return;
    }
    const playing = player.wanted;
    player.pause();
    select.value = "";
    set();
    if (playing) {
      player.say("Paused by the sleep timer.");
    }
  };

  select.addEventListener("change", set);
  audio.addEventListener("seeked", () => select.value === "chapter" && set());
  setInterval(watch, 200);
};

// Browsers offer this only to pages that came over HTTPS or from this machine itself.
export const screenOn = (player, button) => {
  if (!("wakeLock" in navigator)) {
    return;
  }
  let lock = null;
  const wanted = () => button.getAttribute("aria-pressed") === "true";
  const press = (on) => button.setAttribute("aria-pressed", String(on));

  const hold = async () => {
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      press(false);
      player.say("This phone does not let the screen stay on now.");
    }
  };

  button.hidden = false;
  button.addEventListener("click", async () => {
    press(!wanted());
    if (wanted()) {
      await hold();
    } else if (lock) {
      await lock.release();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && wanted()) {
      hold();
    }
  });
};

export const lockScreen = (player, picture, title) => {
  const session = navigator.mediaSession;
  if (!session) {
    return { chapter: () => {}, playing: () => {} };
  }
  const { audio } = player;
  const type = picture.src.endsWith(".png") ? "image/png" : "image/svg+xml";
  const artwork = [{ src: picture.src, sizes: "1400x1400", type }];

  const position = () => {
    const duration = player.length();
    const now = Math.min(player.place(), duration);
    session.setPositionState?.({ duration, position: now, playbackRate: 1 });
  };

  const asked = {
    play: player.start,
    pause: player.pause,
    stop: player.pause,
    seekto: ({ seekTime }) => player.go(seekTime),
    seekbackward: ({ seekOffset }) => player.go(player.place() - (seekOffset || SKIP_S)),
    seekforward: ({ seekOffset }) => player.go(player.place() + (seekOffset || SKIP_S)),
  };
  if (player.chapters.length) {
    asked.previoustrack = player.previous;
    asked.nexttrack = player.next;
  }
  for (const [action, handler] of Object.entries(asked)) {
    try {
      session.setActionHandler(action, handler);
    } catch {
      // an action that this browser does not know
    }
  }
  for (const event of ["loadedmetadata", "seeked", "playing", "pause"]) {
    audio.addEventListener(event, position);
  }
  return {
    chapter: (name) => {
      const artist = name || "audiocoach";
      session.metadata = new MediaMetadata({ title, artist, album: "audiocoach", artwork });
    },
    playing: (on) => {
      session.playbackState = on ? "playing" : "paused";
    },
  };
};
