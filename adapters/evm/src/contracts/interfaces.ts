import { Interface, type InterfaceAbi } from "ethers";
import {
  type ContractArtifact,
  DEMO_CNY_ARTIFACT,
  GATEWAY_ARTIFACT,
  PLEDGE_LOAN_ARTIFACT,
  VOUCHER_TITLE_ARTIFACT,
  VOUCHER_TOKEN_ARTIFACT,
  WAREHOUSE_TITLE_ARTIFACT,
} from "../generated/artifacts.ts";

const interfaceOf = (artifact: ContractArtifact): Interface =>
  new Interface(artifact.abi as InterfaceAbi);

export const gatewayInterface: Interface = interfaceOf(GATEWAY_ARTIFACT);
export const demoCnyInterface: Interface = interfaceOf(DEMO_CNY_ARTIFACT);
export const warehouseTitleInterface: Interface = interfaceOf(WAREHOUSE_TITLE_ARTIFACT);
export const pledgeLoanInterface: Interface = interfaceOf(PLEDGE_LOAN_ARTIFACT);
export const voucherTokenInterface: Interface = interfaceOf(VOUCHER_TOKEN_ARTIFACT);
export const voucherTitleInterface: Interface = interfaceOf(VOUCHER_TITLE_ARTIFACT);

/** A revert may come from deep inside: every contract of a strand is looked through. */
export const allInterfaces: readonly Interface[] = [
  gatewayInterface,
  pledgeLoanInterface,
  warehouseTitleInterface,
  demoCnyInterface,
  voucherTokenInterface,
  voucherTitleInterface,
];
