import { createApp } from "vue";
import { createRouter, createWebHistory } from "vue-router";
import App from "./App.vue";
import { i18n } from "./i18n.ts";
import ChainsPage from "./pages/ChainsPage.vue";
import LedgerPage from "./pages/LedgerPage.vue";
import OverviewPage from "./pages/OverviewPage.vue";
import TransferPage from "./pages/TransferPage.vue";
import "./style.css";

const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", component: OverviewPage },
    { path: "/transfers", component: LedgerPage },
    { path: "/transfers/:id", component: TransferPage, props: true },
    { path: "/chains", component: ChainsPage },
  ],
});

createApp(App).use(router).use(i18n).mount("#app");
