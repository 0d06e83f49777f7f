import { webApi } from '@slack/bolt';

import { Refusal } from '#errors.ts';

export type Identity = {
  botId: string;
  botUserId: string;
  teamId: string;
  enterpriseId: string | undefined;
  teamName: string;
};

const where = 'https://api.slack.com/apps > your app';

/**
 * Asks Slack who the token is. While Slack cannot be reached, what it said of this token earlier (`known`) serves: work
 * that a crash left half-done must not wait for Slack. Throws Refusal that says which variable is wrong and where to get it.
 */
export async function identify(of: {
  botToken: string;
  clientOptions: webApi.WebClientOptions;
  known?: Identity | undefined;
}): Promise<Identity> {
  try {
    const me = await new webApi.WebClient(of.botToken, of.clientOptions).auth.test();
    return {
      botId: me.bot_id ?? '',
      botUserId: me.user_id ?? '',
      teamId: me.team_id ?? '',
      enterpriseId: me.enterprise_id,
      teamName: me.team ?? '',
    };
  } catch (error) {
    if (error instanceof webApi.WebAPIPlatformError) {
      throw new Refusal(
        'not-permitted',
        `Slack does not accept SLACK_BOT_TOKEN (${error.data.error}). Copy the "Bot User OAuth Token" (xoxb-…) from ${where} > OAuth & Permissions into .env.`,
        {},
        { cause: error },
      );
    }
    if (of.known !== undefined) return of.known;
    throw new Refusal(
      'not-permitted',
      `Slack could not be reached at ${of.clientOptions.slackApiUrl ?? 'https://slack.com/api/'}. Check the network, proxy and SLACK_API_URL.`,
      {},
      { cause: error },
    );
  }
}

/** Asks for one socket address, so that a wrong app token is told at start and not in an endless reconnect. */
export async function checkAppToken(of: { appToken: string; clientOptions: webApi.WebClientOptions }): Promise<void> {
  try {
    await new webApi.WebClient(of.appToken, of.clientOptions).apps.connections.open();
  } catch (error) {
    if (!(error instanceof webApi.WebAPIPlatformError)) return; // unreachable for the moment: the socket itself keeps trying
    throw new Refusal(
      'not-permitted',
      `Slack does not accept SLACK_APP_TOKEN (${error.data.error}). Make one with the scope connections:write at ${where} > Basic Information > App-Level Tokens (xapp-…).`,
      {},
      { cause: error },
    );
  }
}
