import { onUnmounted, type Ref, ref } from "vue";

/** Loads, then loads again whenever the hub announces a new height; at most once a second. */
export function useLive<T>(load: () => Promise<T>): {
  data: Ref<T | undefined>;
  error: Ref<string>;
  reload: () => void;
} {
  const data = ref<T>() as Ref<T | undefined>;
  const error = ref("");
  let running = false;
  let again = false;

  async function run(): Promise<void> {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      try {
        data.value = await load();
        error.value = "";
      } catch (caught) {
        error.value = caught instanceof Error ? caught.message : String(caught);
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    } while (again);
    running = false;
  }

  const source = new EventSource("/api/v1/events");
  source.addEventListener("notice", () => void run());
  onUnmounted(() => source.close());
  void run();
  return { data, error, reload: () => void run() };
}
